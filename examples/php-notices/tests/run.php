<?php
// Runs without a framework: a failed expectation ends the build.
declare(strict_types=1);

require __DIR__ . '/../src/Board.php';
require __DIR__ . '/../src/Badge.php';

function expect(bool $holds, string $what): void
{
    if (!$holds) {
        fwrite(STDERR, "failed: $what\n");
        exit(1);
    }
}

$board = new Board(':memory:');
expect($board->all() === [], 'a new board is empty');
expect($board->add(" Lost cat \n", '2026-03-01') === 'Lost cat', 'texts are trimmed');
expect(count($board->all()) === 1, 'a notice is kept');
expect(Board::day('2026-03-01', 'de') === '1. März 2026', 'dates in German');
expect(str_contains(Badge::svg(3), '3 notices'), 'a badge says the number');
expect(str_starts_with($board->archive(), 'PK'), 'an archive is a zip');
echo "6 expectations hold\n";
