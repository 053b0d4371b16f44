<?php
require_once 'lib/prices.php';
$settings = parse_ini_file('shop.ini');
header('Content-Type: text/html; charset=utf-8');
?>
<html><body><h1><?= htmlspecialchars($settings['title']) ?></h1>
<p><?= price(3, $settings['currency']) ?></p>
<a href="/feed.php">feed</a> <a href="/upload.php">upload</a> <a href="/style.css">style</a>
</body></html>
