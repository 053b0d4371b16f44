<?php
// Fills a new board: php data/fill.php FILE
require __DIR__ . '/../src/Board.php';

$board = new Board($argv[1]);
foreach (json_decode(file_get_contents(__DIR__ . '/notices.json'), true) as $notice) {
    $board->add($notice['text'], $notice['day']);
}
