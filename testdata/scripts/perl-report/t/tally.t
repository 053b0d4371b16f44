use strict;
use warnings;
use Test::More tests => 3;
use Tally;

my $t = Tally->new->add('a bb a');
is $t->total, 3;
is $t->longest, 2;
is Tally::day('2024-02-29'), 'Thursday';
