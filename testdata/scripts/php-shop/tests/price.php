<?php
require __DIR__ . '/../src/Price.php';
if (price(123456) !== 'EUR 1 234.56') {
    fwrite(STDERR, price(123456) . "\n");
    exit(1);
}
