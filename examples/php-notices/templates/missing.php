<!doctype html>
<title><?= $title ?></title>
<p>There is no such page. <a href="/">All notices</a>
