//! The files of the page, which are part of the program.

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File {
    pub(crate) content_type: &'static str,
    pub(crate) content: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Files by their names, of one content type.
macro_rules! files {
    ($content_type:expr => $($name:literal),* $(,)?) => {
        [$((
            $name,
            File { content_type: $content_type, content: include_str!(concat!("../page/", $name)) },
        )),*]
    };
}

const PAGE: File = File { content_type: HTML, content: include_str!("../page/index.html") };

const STYLES: [(&str, File); 3] = files!(CSS => "page.css", "plots.css", "lists.css");

const SCRIPTS: [(&str, File); 19] = files!(
    SCRIPT => "catalogue.js", "dom.js", "drawing.js", "figures.js", "format.js", "growth.js", "header.js", "history.js",
    "legend.js", "lists.js", "metrics.js", "page.js", "plot.js", "poll.js", "reader.js", "scale.js", "server-row.js",
    "state.js", "store.js",
);

/// The file at a path.
pub(crate) fn file(path: &str) -> Option<File> {
    match path.strip_prefix('/')? {
        "" => Some(PAGE),
        name => STYLES.iter().chain(&SCRIPTS).find(|(other, _)| *other == name).map(|(_, file)| *file),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What stands between `before` and the next quote, each time.
    fn quoted(text: &'static str, before: &str) -> impl Iterator<Item = &'static str> {
        text.split(before).skip(1).map(|rest| rest.split('"').next().unwrap())
    }

    /// The files that the page loads, and those that its modules import.
    fn referred_to() -> BTreeSet<&'static str> {
        let html = PAGE.content;
        let linked =
            html.lines().filter(|line| line.contains("stylesheet")).flat_map(|it| quoted(it, "href=\""));
        let imported = SCRIPTS.iter().flat_map(|(_, file)| quoted(file.content, "from \"./"));
        linked.chain(quoted(html, "src=\"")).chain(imported).collect()
    }

    #[test]
    fn every_file_that_the_page_or_a_module_refers_to_is_served_and_no_other() {
        let served: BTreeSet<_> = STYLES.iter().chain(&SCRIPTS).map(|(name, _)| *name).collect();
        assert_eq!(referred_to(), served);
        for name in served {
            assert!(file(&format!("/{name}")).is_some_and(|file| !file.content.is_empty()), "{name}");
        }
        assert_eq!(file("/").map(|file| file.content_type), Some(HTML));
    }

    #[test]
    fn scripts_and_styles_have_the_types_without_which_a_browser_refuses_them() {
        assert_eq!(file("/page.js").map(|file| file.content_type), Some(SCRIPT));
        assert_eq!(file("/page.css").map(|file| file.content_type), Some(CSS));
    }

    #[test]
    fn nothing_else_is_served() {
        for path in
            ["", "page.js", "/index.html", "/package.json", "/test/metrics.test.js", "/../Cargo.toml", "//"]
        {
            assert!(file(path).is_none(), "{path}");
        }
    }

    #[test]
    fn the_page_has_no_script_or_style_that_its_policy_forbids() {
        assert_eq!(PAGE.content.matches("<script").count(), quoted(PAGE.content, "src=\"").count());
        for forbidden in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!PAGE.content.contains(forbidden), "{forbidden}");
        }
    }
}
