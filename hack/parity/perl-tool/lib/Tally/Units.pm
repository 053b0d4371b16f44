package Tally::Units;
use strict;
use warnings;

sub name {
    open my $f, '<', "$ENV{TALLY_HOME}/tally.conf" or die "tally.conf: $!\n";
    my ($line) = grep { /^unit/ } <$f>;
    my ($n) = $line =~ /(\d+)/;
    open my $u, '<', "$ENV{TALLY_HOME}/units.txt" or die "units.txt: $!\n";
    my @units = <$u>;
    chomp @units;
    return $units[$n];
}

1;
