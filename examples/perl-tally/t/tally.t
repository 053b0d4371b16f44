use strict;
use warnings;
use Test::More;
use Tally;

my $tally = Tally->new;
open my $lines, '<', \"kind,place,amount\nrye,barn,2 kg\noats,barn,300\nrye,mill,1 lb\n";
$tally->read($lines);
is_deeply([map { $_->{name} } @{ $tally->sums('kind') }], ['rye', 'oats'], 'the largest first');
like($tally->write('text', 'place'), qr/^barn\s+2300\.0 g$/m, 'sums by place');
like($tally->write('json', 'kind'), qr/"grams"/, 'JSON');
like($tally->write('html', 'kind'), qr{<td>rye</td>}, 'a page');
ok(!eval { $tally->sums('colour'); 1 }, 'an unknown column');
done_testing;
