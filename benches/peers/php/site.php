<?php
// A counter in a session of PHP: `POST /` adds one, and either way the answer is how many there are. `GET /about` tells
// what this is.

if ($_SERVER['REQUEST_URI'] === '/about') {
    exit('PHP ' . PHP_VERSION . ', memcached ' . phpversion('memcached'));
}
// It fails when others have held the session's lock for too long.
if (!@session_start()) {
    http_response_code(503);
    exit;
}
$_SESSION['text'] ??= str_repeat('x', 900);
$_SESSION['count'] ??= 0;
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $_SESSION['count'] += 1;
}
$count = $_SESSION['count'];
if (!session_write_close()) {
    http_response_code(500);
    exit;
}
echo $count;
