<!doctype html>
<title><?= htmlspecialchars($title) ?></title>
<link rel="stylesheet" href="/board.css">
<h1><?= htmlspecialchars($title) ?></h1>
<ul>
<?php foreach ($notices as $notice): ?>
  <li><time><?= Board::day($notice['day'], $language) ?></time> <?= htmlspecialchars($notice['text']) ?></li>
<?php endforeach ?>
</ul>
<img src="/badge.svg" alt="">
