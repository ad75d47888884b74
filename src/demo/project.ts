/** The name of the demo's repository. */
export const PROJECT = "corner-shop"

const PACKAGE = `{
  "name": "corner-shop",
  "private": true,
  "type": "module",
  "scripts": {
    "test": "node --test"
  }
}
`

const README = `# corner-shop

The till of a small shop: carts, amounts, reports. Tests: \`npm test\`.
`

const CART = `/** What a cart costs in cents, after its coupon. */
export function total(cart) {
  const sum = cart.items.reduce((cents, item) => cents + item.cents * item.count, 0)
  return sum - discount(cart, sum)
}

function discount(cart, sum) {
  return Math.round((sum * cart.coupon.percent) / 100)
}
`

const CART_TEST = `import assert from "node:assert/strict"
import { test } from "node:test"
import { total } from "../src/cart.js"

const items = [
  { cents: 250, count: 2 },
  { cents: 500, count: 1 }
]

test("a coupon takes its share off", () => {
  assert.equal(total({ items, coupon: { percent: 10 } }), 900)
})

test("a cart without a coupon costs the sum of its items", () => {
  assert.equal(total({ items }), 1000)
})
`

const MONEY = `/** Reads an amount as people write it, such as "1,250.00", into cents. */
export function parseAmount(text) {
  const cents = Math.round(Number(text.replace(",", "")) * 100)
  if (Number.isNaN(cents)) throw new RangeError("not an amount: " + text)
  return cents
}
`

const MONEY_TEST = `import assert from "node:assert/strict"
import { test } from "node:test"
import { parseAmount } from "../src/money.js"

test("thousands have a separator", () => {
  assert.equal(parseAmount("1,250.00"), 125000)
})

test("millions have two", () => {
  assert.equal(parseAmount("1,250,000.00"), 125000000)
})
`

const REPORT = `/** One page of the orders; pages count from 1. */
export function page(orders, number, size = 20) {
  const pages = Math.floor(orders.length / size)
  if (number < 1 || number > pages) throw new RangeError("no page " + number + ", there are " + pages)
  return orders.slice((number - 1) * size, number * size)
}
`

const REPORT_TEST = `import assert from "node:assert/strict"
import { test } from "node:test"
import { page } from "../src/report.js"

const orders = Array.from({ length: 45 }, (_, index) => index)

test("a full page has all its orders", () => {
  assert.deepEqual(page(orders, 2), orders.slice(20, 40))
})

test("the last page has what is left", () => {
  assert.deepEqual(page(orders, 3), orders.slice(40))
})
`

/** A small shop with three bugs, each caught by one test: path in the repository → text. */
export const PROJECT_FILES: Readonly<Record<string, string>> = {
  "package.json": PACKAGE,
  "README.md": README,
  "src/cart.js": CART,
  "src/money.js": MONEY,
  "src/report.js": REPORT,
  "test/cart.test.js": CART_TEST,
  "test/money.test.js": MONEY_TEST,
  "test/report.test.js": REPORT_TEST
}
