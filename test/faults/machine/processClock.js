// The clocks of a dispatcher's process. `faultInjector.js` loads it.
//
//   CLOCK_OFFSET_MS     how far both clocks are ahead: the wall clock and the boot clock
//   CLOCK_JUMP_MS       how far the wall clock was put forward besides
//   FAKE_WATCHER_SPEED  how many times faster the clock and the timers of a watcher run
//   FAKE_WATCHER_AHEAD  a file: how far a watcher's clock is ahead now, in milliseconds. Timers do not follow it, as on a host
//                       that was asleep
import fs from "node:fs"
import os from "node:os"

const { CLOCK_JUMP_MS = "0", CLOCK_OFFSET_MS = "0", FAKE_WATCHER_AHEAD, FAKE_WATCHER_SPEED = "1" } = process.env
delete process.env.CLOCK_OFFSET_MS
delete process.env.CLOCK_JUMP_MS

const { now } = Date
const { setInterval, setTimeout } = globalThis
const begin = now()
const isWatcher = process.argv.includes("watch")
const speed = isWatcher ? Number(FAKE_WATCHER_SPEED) : 1
const jump = Number(CLOCK_JUMP_MS)
const bootedFor = os.uptime() * 1000
let offset = Number(CLOCK_OFFSET_MS)

/** The host's clock. */
export const hostNow = now

/** A timer of the host, whatever the speed. */
export const hostInterval = setInterval

if (isWatcher && FAKE_WATCHER_AHEAD !== undefined) {
  const follow = () => {
    if (fs.existsSync(FAKE_WATCHER_AHEAD)) offset = Number(fs.readFileSync(FAKE_WATCHER_AHEAD, "utf8"))
  }
  hostInterval(follow, 50).unref()
}

const passed = () => (now() - begin) * speed + offset
if (isWatcher || offset !== 0 || jump !== 0) {
  Date.now = () => begin + passed() + jump
  os.uptime = () => (bootedFor + passed()) / 1000
}

if (speed !== 1) {
  globalThis.setTimeout = Object.assign((act, millis, ...rest) => setTimeout(act, millis / speed, ...rest), setTimeout)
  globalThis.setInterval = Object.assign(
    (act, millis, ...rest) => setInterval(act, millis / speed, ...rest),
    setInterval
  )
}
