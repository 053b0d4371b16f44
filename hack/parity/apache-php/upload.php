<?php
echo file_put_contents('uploads/last.txt', 'seen') === 4 ? 'kept' : 'lost';
