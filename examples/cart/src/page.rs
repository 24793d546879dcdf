//! The HTML page: the cart, with forms that need no JavaScript.

use std::fmt::{self, Display, Formatter, Write};

use crate::cart::{Cart, Items, Order};

/// The page's style sheet.
pub const STYLE: &str = include_str!("page/style.css");

/// The data of a session that the page shows.
pub struct View {
    pub cart: Cart,
    pub last_order: Option<Order>,
}

/// Renders the page. Without a view, because the cart cannot be loaded, it shows only the notice.
pub fn render(view: Option<&View>, notice: Option<&str>) -> String {
    let notice = notice.map(|text| format!(include_str!("page/notice.html"), text = Escaped(text)));
    format!(
        include_str!("page/page.html"),
        count = view.map_or("?".to_owned(), |view| view.cart.count.to_string()),
        notice = notice.unwrap_or_default(),
        content = view.map(content).unwrap_or_default(),
    )
}

fn content(view: &View) -> String {
    let cart = match &view.last_order {
        _ if !view.cart.items.is_empty() => filled(&view.cart),
        Some(order) => ordered(order),
        None => include_str!("page/empty.html").to_owned(),
    };
    cart + include_str!("page/add.html")
}

fn filled(cart: &Cart) -> String {
    let attempts = |failed| format!(include_str!("page/attempts.html"), failed = failed);
    format!(
        include_str!("page/cart.html"),
        items = rows(&cart.items, |sku, quantity| {
            format!(include_str!("page/item.html"), sku = sku, quantity = quantity)
        }),
        attempts = cart.attempts.map(attempts).unwrap_or_default(),
    )
}

fn ordered(order: &Order) -> String {
    format!(
        include_str!("page/order.html"),
        items = rows(&order.items, |sku, quantity| {
            format!(include_str!("page/ordered.html"), sku = sku, quantity = quantity)
        }),
        coupon = Escaped(&order.coupon),
    )
}

fn rows(items: &Items, row: impl Fn(Escaped, u32) -> String) -> String {
    items.iter().map(|(sku, quantity)| row(Escaped(sku), *quantity)).collect()
}

/// A text, escaped for HTML content and quoted attributes.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, html: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => html.write_str("&amp;"),
            '<' => html.write_str("&lt;"),
            '>' => html.write_str("&gt;"),
            '"' => html.write_str("&quot;"),
            '\'' => html.write_str("&#39;"),
            plain => html.write_char(plain),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(items: &[(&str, u32)], attempts: Option<u32>, last_order: Option<Order>) -> View {
        let items = items.iter().map(|(sku, quantity)| ((*sku).to_owned(), *quantity)).collect();
        View { cart: Cart { items, count: 0, attempts }, last_order }
    }

    fn order(sku: &str) -> Order {
        Order { items: [(sku.to_owned(), 3)].into(), count: 3, coupon: "WELCOME".to_owned() }
    }

    #[test]
    fn markup_in_a_text_is_escaped() {
        assert_eq!(
            Escaped(r#"<a href="x">'&'</a>"#).to_string(),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"
        );
    }

    #[test]
    fn markup_in_a_sku_is_escaped() {
        let evil = r#""><script>alert('{sku}')</script>"#;
        let cart = render(Some(&view(&[(evil, 1)], None, None)), Some("<script>"));
        let ordered = render(Some(&view(&[], None, Some(order(evil)))), None);
        assert!(!cart.contains("<script") && !ordered.contains("<script"));
        assert!(cart.contains("&lt;script&gt;alert(&#39;{sku}&#39;)") && ordered.contains("&lt;script&gt;"));
    }

    #[test]
    fn a_cart_with_items_can_be_checked_out() {
        let page = render(Some(&view(&[("apple", 2)], None, None)), None);
        assert!(page.contains("apple") && page.contains(r#"action="/checkout""#));
        assert!(!page.contains("did not go through"));
    }

    #[test]
    fn failed_attempts_are_shown() {
        let page = render(Some(&view(&[("apple", 2)], Some(3), None)), None);
        assert!(page.contains("did not go through: 3"));
    }

    #[test]
    fn an_order_is_shown_until_the_cart_has_items_again() {
        let confirmed = render(Some(&view(&[], None, Some(order("plum")))), None);
        assert!(confirmed.contains("Thank you") && confirmed.contains("plum"));
        let filled = render(Some(&view(&[("pear", 1)], None, Some(order("plum")))), None);
        assert!(!filled.contains("Thank you") && !filled.contains("plum"));
    }

    #[test]
    fn a_cart_that_cannot_be_loaded_is_not_shown_as_empty() {
        let page = render(None, Some("try again later"));
        assert!(page.contains("try again later"));
        assert!(!page.contains("is empty") && !page.contains("/checkout"));
    }
}
