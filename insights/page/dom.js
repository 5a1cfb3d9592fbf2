"use strict";

// The page is patched and never rebuilt: what did not change is not touched, so nothing flickers, and focus, selection and
// opened details stay. Text goes in as text alone.
const dom = {
  by(id) { return document.getElementById(id); },

  text(node, value) {
    value = String(value);
    if (node.textContent !== value) node.textContent = value;
  },

  attr(node, name, value) {
    if (value === null || value === false) {
      if (node.hasAttribute(name)) node.removeAttribute(name);
    } else if (node.getAttribute(name) !== String(value)) {
      node.setAttribute(name, value);
    }
  },

  hide(node, hidden) {
    if (node.hidden !== hidden) node.hidden = hidden;
  },

  make(tag, className, ...children) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.append(...children);
    return node;
  },

  // list makes the children of a node those of the items, each found again by its key.
  list(parent, items, keyOf, make, update) {
    const known = new Map();
    for (const child of parent.children) known.set(child.dataset.key, child);
    let at = parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let child = known.get(key);
      if (child) {
        known.delete(key);
      } else {
        child = make(item);
        child.dataset.key = key;
      }
      if (child === at) {
        at = at.nextElementSibling;
      } else {
        parent.insertBefore(child, at);
      }
      update(child, item);
    }
    for (const gone of known.values()) gone.remove();
  },
};
