<?php
declare(strict_types=1);

// Formats an amount of cents.
function price(int $cents): string
{
    return mb_strtoupper('eur ') . number_format($cents / 100, 2, '.', ' ');
}
