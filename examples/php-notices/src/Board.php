<?php
declare(strict_types=1);

/** The notices, in SQLite. */
final class Board
{
    private PDO $db;

    public function __construct(string $file)
    {
        $this->db = new PDO("sqlite:$file", null, null, [PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]);
        $this->db->exec('CREATE TABLE IF NOT EXISTS notice (day TEXT NOT NULL, text TEXT NOT NULL)');
    }

    public function all(): array
    {
        return $this->db->query('SELECT day, text FROM notice ORDER BY day, text')->fetchAll();
    }

    public function add(string $text, string $day): string
    {
        $text = mb_strimwidth(trim($text), 0, 200, '…');
        $this->db->prepare('INSERT INTO notice VALUES (?, ?)')->execute([$day, $text]);
        return $text;
    }

    /** A zip of one text per notice, the same bytes for the same notices. */
    public function archive(): string
    {
        $file = tempnam(sys_get_temp_dir(), 'notices');
        $zip = new ZipArchive();
        $zip->open($file, ZipArchive::OVERWRITE);
        foreach ($this->all() as $i => $notice) {
            $zip->addFromString("$i-{$notice['day']}.txt", $notice['text'] . "\n");
            $zip->setMtimeIndex($i, 315532800);
        }
        $zip->close();
        try {
            return file_get_contents($file);
        } finally {
            unlink($file);
        }
    }

    public static function day(string $day, string $language): string
    {
        $format = new IntlDateFormatter($language, IntlDateFormatter::LONG, IntlDateFormatter::NONE, 'UTC');
        return $format->format(new DateTimeImmutable($day, new DateTimeZone('UTC')));
    }
}
