<?php
declare(strict_types=1);

require __DIR__ . '/../src/Board.php';
require __DIR__ . '/../src/Badge.php';

$board = new Board(__DIR__ . '/../data/notices.sqlite');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$language = locale_accept_from_http($_SERVER['HTTP_ACCEPT_LANGUAGE'] ?? 'en') ?: 'en';

function page(string $name, array $values): void
{
    extract($values);
    require __DIR__ . "/../templates/$name.php";
}

switch (true) {
    case $path === '/healthz':
        echo "ok\n";
        break;
    case $path === '/':
        page('list', ['title' => getenv('NOTICES_TITLE'), 'notices' => $board->all(), 'language' => $language]);
        break;
    case $path === '/api/notices' && $_SERVER['REQUEST_METHOD'] === 'POST':
        $notice = json_decode(file_get_contents('php://input'), true);
        if (!is_array($notice) || empty($notice['text'])) {
            http_response_code(422);
            echo json_encode(['error' => 'text is missing']);
            break;
        }
        http_response_code(201);
        header('Content-Type: application/json');
        echo json_encode(['text' => $board->add($notice['text'], $notice['day'] ?? '2026-01-01')]);
        break;
    case $path === '/api/notices':
        header('Content-Type: application/json');
        echo json_encode($board->all());
        break;
    case $path === '/badge.svg':
        header('Content-Type: image/svg+xml');
        echo Badge::svg(count($board->all()));
        break;
    case $path === '/notices.zip':
        header('Content-Type: application/zip');
        echo $board->archive();
        break;
    default:
        http_response_code(404);
        page('missing', ['title' => 'Not found']);
}
