<?php
declare(strict_types=1);

require __DIR__ . '/../src/Price.php';

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
header('Content-Type: text/plain; charset=utf-8');
if ($path === '/healthz') {
    echo "ok\n";
    return;
}
$db = new PDO('sqlite:' . __DIR__ . '/../data/shop.sqlite');
if (preg_match('~^/goods/(\d+)$~', $path, $m)) {
    $query = $db->prepare('SELECT name, cents FROM goods WHERE id = ?');
    $query->execute([$m[1]]);
    if ($row = $query->fetch(PDO::FETCH_ASSOC)) {
        echo $row['name'], ': ', price((int) $row['cents']), "\n";
        return;
    }
} elseif ($path === '/') {
    foreach ($db->query('SELECT id, name FROM goods ORDER BY id') as $row) {
        echo $row['id'], ' ', $row['name'], "\n";
    }
    return;
}
http_response_code(404);
echo "not found\n";
