<?php
declare(strict_types=1);

/** A small picture that says how many notices there are. */
final class Badge
{
    public static function svg(int $count): string
    {
        $image = new SimpleXMLElement('<svg xmlns="http://www.w3.org/2000/svg" width="120" height="24"/>');
        $box = $image->addChild('rect');
        foreach (['width' => 120, 'height' => 24, 'rx' => 4, 'fill' => '#283c5a'] as $name => $value) {
            $box->addAttribute($name, (string) $value);
        }
        $text = $image->addChild('text', "$count notices");
        $text->addAttribute('x', '8');
        $text->addAttribute('y', '16');
        $text->addAttribute('fill', 'white');
        return $image->asXML();
    }
}
