<?php
function price($n, $c) { return number_format($n, 2) . " " . $c; }
