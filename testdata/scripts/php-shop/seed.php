<?php
// Makes the database that the shop starts with.
@mkdir(__DIR__ . '/data');
$db = new PDO('sqlite:' . __DIR__ . '/data/shop.sqlite');
$db->exec('CREATE TABLE goods (id INTEGER PRIMARY KEY, name TEXT, cents INTEGER)');
$db->exec("INSERT INTO goods (name, cents) VALUES ('rope', 1250), ('anchor', 123456), ('lamp', 899)");
