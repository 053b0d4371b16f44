package Tally;
use strict;
use warnings;
use List::Util qw(sum0 max);
use Time::Piece;

# Counts words and says what stands out.
sub new { my ($class) = @_; return bless { words => {} }, $class }

sub add {
    my ($self, $text) = @_;
    $self->{words}{ lc $1 }++ while $text =~ /(\w+)/g;
    return $self;
}

sub total { my ($self) = @_; return sum0 values %{ $self->{words} } }

sub longest { my ($self) = @_; return max(map { length } keys %{ $self->{words} }) // 0 }

sub top {
    my ($self, $n) = @_;
    my %w = %{ $self->{words} };
    my @names = sort { $w{$b} <=> $w{$a} || $a cmp $b } keys %w;
    return map { { word => $_, count => $w{$_} } } grep { defined } @names[0 .. $n - 1];
}

sub day { my ($text) = @_; return Time::Piece->strptime($text, '%Y-%m-%d')->strftime('%A') }

1;
