#!/usr/bin/perl
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use HTTP::Daemon;
use HTTP::Response;
use JSON;
use Tally;

$| = 1;
my $port   = shift // 8080;
my $daemon = HTTP::Daemon->new(LocalAddr => '0.0.0.0', LocalPort => $port, ReuseAddr => 1) or die "port $port: $!";
my $json   = JSON->new->canonical->pretty;

sub page {
    my ($path) = @_;
    return (200, "ok\n") if $path eq '/healthz';
    return (200, Tally::day($1) . "\n") if $path =~ m{^/day/(\d{4}-\d\d-\d\d)$};
    return (404, "not found\n") if $path ne '/';
    open my $in, '<:encoding(UTF-8)', "$FindBin::Bin/data/poem.txt" or die "poem: $!";
    my $tally = Tally->new->add(do { local $/; <$in> });
    return (200, $json->encode({ words => $tally->total, longest => $tally->longest, top => [ $tally->top(3) ] }));
}

print "listening on $port\n";
while (my $client = $daemon->accept) {
    while (my $request = $client->get_request) {
        my ($status, $body) = page($request->uri->path);
        $client->send_response(HTTP::Response->new($status, undef, [ 'Content-Type' => 'text/plain' ], $body));
        last;
    }
    $client->close;
}
