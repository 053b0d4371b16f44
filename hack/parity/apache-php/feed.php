<?php
$doc = new DOMDocument();
$doc->appendChild($doc->createElement('feed', 'two things'));
header('Content-Type: application/xml');
echo $doc->saveXML();
