package Tally;
use strict;
use warnings;
use DBI;
use Text::CSV_XS;
use Tally::Units;

our $VERSION = '0.7';

# new(file => FILE) keeps its lines in a database; without a file, in memory.
sub new {
    my ($class, %option) = @_;
    my $db = DBI->connect('dbi:SQLite:dbname=' . ($option{file} // ':memory:'), '', '', { RaiseError => 1 });
    $db->do('CREATE TABLE IF NOT EXISTS line (kind TEXT, place TEXT, grams REAL)');
    return bless { db => $db, units => Tally::Units->load }, $class;
}

sub read {
    my ($self, $handle) = @_;
    my $csv = Text::CSV_XS->new({ binary => 1, auto_diag => 1 });
    $csv->header($handle);
    my $insert = $self->{db}->prepare('INSERT INTO line VALUES (?, ?, ?)');
    while (my $row = $csv->getline_hr($handle)) {
        $insert->execute($row->{kind}, $row->{place}, $self->{units}->grams($row->{amount}));
    }
    return $self;
}

sub sums {
    my ($self, $by) = @_;
    die "tally: no column $by\n" unless $by =~ /^(kind|place)$/;
    return $self->{db}->selectall_arrayref("SELECT $by AS name, sum(grams) AS grams FROM line GROUP BY 1 ORDER BY 2 DESC, 1", { Slice => {} });
}

sub write {
    my ($self, $as, $by) = @_;
    my $sums = $self->sums($by);
    if ($as eq 'json') {
        require JSON::XS;
        return JSON::XS->new->canonical->pretty->encode($sums);
    }
    if ($as eq 'html') {
        require Template;
        my $page = '';
        my $template = Template->new(INCLUDE_PATH => $self->{units}->directory);
        $template->process('page.tt', { by => $by, sums => $sums }, \$page) or die $template->error . "\n";
        return $page;
    }
    return join '', map { sprintf "%-20s %10.1f g\n", $_->{name}, $_->{grams} } @$sums;
}

1;
