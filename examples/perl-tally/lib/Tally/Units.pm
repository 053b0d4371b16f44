package Tally::Units;
use strict;
use warnings;
use File::Basename qw(dirname);
use JSON::XS ();

# load reads the units from the file that TALLY_UNITS names.
sub load {
    my ($class) = @_;
    my $file = $ENV{TALLY_UNITS} // 'share/units.json';
    open my $handle, '<', $file or die "tally: $file: $!\n";
    local $/;
    return bless { units => JSON::XS::decode_json(<$handle>), directory => dirname($file) }, $class;
}

sub directory { $_[0]{directory} }

sub grams {
    my ($self, $amount) = @_;
    my ($number, $unit) = $amount =~ /^\s*([\d.]+)\s*(\w*)\s*$/ or die "tally: $amount is no amount\n";
    my $factor = $self->{units}{ $unit || 'g' } or die "tally: no unit $unit\n";
    return $number * $factor;
}

1;
