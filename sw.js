/** A service worker rules over its own folder only, so the demo page's stands beside the page. */
importScripts("www/sw.js");
