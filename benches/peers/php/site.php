<?php
// A cart in a session of PHP, with the requests of `examples/cart` that benches/report/load/site.rs sends. `GET /about`
// tells what this is.

if ($_SERVER['REQUEST_URI'] === '/about') {
    exit('PHP ' . PHP_VERSION . ', memcached ' . phpversion('memcached'));
}
// It fails when others have held the session's lock for too long.
if (!@session_start()) {
    http_response_code(503);
    exit;
}
$_SESSION['cart'] ??= [];
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    ['sku' => $sku, 'qty' => $quantity] = json_decode(file_get_contents('php://input'), true);
    $_SESSION['cart'][$sku] = ($_SESSION['cart'][$sku] ?? 0) + $quantity;
}
$items = $_SESSION['cart'];
if (!session_write_close()) {
    http_response_code(500);
    exit;
}
header('content-type: application/json');
echo json_encode(['items' => (object) $items, 'count' => array_sum($items)]);
