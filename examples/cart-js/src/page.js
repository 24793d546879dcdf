// The page: the cart for a person, with forms that need no JavaScript. Its templates are those of
// ../../cart; the bundler turns them into strings.

import addHtml from '../../cart/src/page/add.html';
import attemptsHtml from '../../cart/src/page/attempts.html';
import cartHtml from '../../cart/src/page/cart.html';
import emptyHtml from '../../cart/src/page/empty.html';
import itemHtml from '../../cart/src/page/item.html';
import noticeHtml from '../../cart/src/page/notice.html';
import orderHtml from '../../cart/src/page/order.html';
import orderedHtml from '../../cart/src/page/ordered.html';
import pageHtml from '../../cart/src/page/page.html';

/** The page's style sheet. */
export { default as STYLE } from '../../cart/src/page/style.css';

/** Renders the page. Without a view, because the cart is out of reach, it shows the notice alone. */
export function render(view, notice) {
  return fill(pageHtml, {
    count: view?.cart.count ?? '?',
    notice: notice ? fill(noticeHtml, { text: escaped(notice) }) : '',
    content: view ? contentOf(view) : '',
  });
}

function contentOf({ cart, lastOrder }) {
  if (cart.items.length > 0) return filled(cart) + addHtml;
  return (lastOrder ? ordered(lastOrder) : emptyHtml) + addHtml;
}

function filled({ items, attempts }) {
  return fill(cartHtml, {
    items: rows(itemHtml, items),
    attempts: attempts ? fill(attemptsHtml, { failed: attempts }) : '',
  });
}

function ordered({ items, coupon }) {
  return fill(orderHtml, { items: rows(orderedHtml, items), coupon: escaped(coupon) });
}

function rows(template, items) {
  return items.map(([sku, quantity]) => fill(template, { sku: escaped(sku), quantity })).join('');
}

/** Puts values, which are HTML already, in the places of their names. */
function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_place, name) => values[name]);
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A text that shows as itself in HTML, in content and in quoted attributes. */
function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
