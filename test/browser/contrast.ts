/**
 * The texts of the page whose contrast with their ground is below 4.5, each with its contrast. A function for the browser: it may use
 * nothing from outside. Grounds are opaque or transparent.
 */
export const FAINT_TEXTS = String.raw`(() => {
  const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number)
  const light = ([r, g, b]) =>
    [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
      .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0)
  const ground = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parse(getComputedStyle(at).backgroundColor)
      if (alpha > 0) return [r, g, b]
    }
    return [255, 255, 255]
  }
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "")
  const faint = []
  let seen = 0
  for (const element of document.querySelectorAll("body *")) {
    if (!own(element) || element.getClientRects().length === 0 || element.closest("desc, title")) continue
    const style = getComputedStyle(element)
    const [a, b] = [parse(element instanceof SVGElement ? style.fill : style.color), ground(element)].map(light)
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    seen++
    if (!(contrast >= 4.5)) faint.push(contrast.toFixed(2) + " " + element.outerHTML.slice(0, 120))
  }
  return { seen, faint }
})()`

/** The texts in charts that are smaller than 9.5 CSS pixels, or that lie over another text of their chart. */
export const CROWDED_TEXTS = String.raw`(() => {
  const found = []
  for (const chart of document.querySelectorAll("svg[role=img]")) {
    const texts = [...chart.querySelectorAll("text")].filter((text) => text.getClientRects().length > 0)
    const boxes = texts.map((text) => text.getBoundingClientRect())
    const frame = chart.getBoundingClientRect()
    boxes.forEach((box, at) => {
      const words = texts[at].textContent
      const size = parseFloat(getComputedStyle(texts[at]).fontSize) * (frame.width / chart.viewBox.baseVal.width)
      if (size < 9.5) found.push("small, " + size.toFixed(1) + ": " + words)
      if (box.left < -1 || box.right > innerWidth + 1) found.push("outside: " + words)
      boxes.slice(at + 1).forEach((other, next) => {
        const [wide, high] = [Math.min(box.right, other.right) - Math.max(box.left, other.left), Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top)]
        if (wide > 1 && high > 3) found.push("over each other: " + words + " / " + texts[at + 1 + next].textContent)
      })
    })
  }
  return found
})()`
