// What is wider than its place can be scrolled with the keyboard too.
window.addEventListener("load", () => {
  for (const part of document.querySelectorAll("article table, article div.math, article pre")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
});
