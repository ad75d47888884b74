import type { World } from "../../judge/stage.ts"
import { textOf } from "../../machine/WorldMachine.ts"

const CLOCK = "a wall clock that is set"
const HOUR = 3_600_000
/** To the year 2090, roughly. */
const FAR = 64 * 365 * 24 * HOUR

/** Worlds in which the wall clock and the time that passes go apart. */
export const clockWorlds: ReadonlyArray<World> = [
  ...(["dx", "local"] as const).flatMap((runner) =>
    ([3 * HOUR, -3 * HOUR] as const).map((jump): World => ({
      world: CLOCK,
      rule: `by ${jump / HOUR} h: a healthy job goes on, and is ended when its time is over (${runner})`,
      play: async (stage) => {
        const machine = stage.machine({ runner })
        const ahead = (later: number) => ({
          later,
          jump,
          env: { FAKE_DX_AHEAD: String(Math.round((later + jump) / 1000)) }
        })
        await stage.run(machine)
        for (const later of [0, HOUR]) {
          await stage.run(machine, ahead(later))
          stage.expect("the healthy job was ended", machine.running().join() === "bd-1")
        }
        await stage.run(machine, ahead(2 * HOUR + 60_000), [0, 3])
        stage.expect("the job was not ended", machine.running().length === 0)
      }
    }))
  ),
  {
    world: CLOCK,
    rule: "to 2090 during the first run: named once, and the night goes on when the clock is right again (local)",
    play: async (stage) => {
      const machine = stage.machine({ runner: "local" })
      await stage.run(machine, { jump: FAR })
      const first = textOf(machine.at("state/first-run"))
      const { stderr } = await stage.run(machine)
      stage.expect(`warm-up began in ${first}`, !textOf(machine.at("state/first-run")).startsWith("2090"))
      stage.expect("warm-up is not named", /the first run is dated 209\d/.test(stderr))
      stage.expect("the journal is not named", /dates 1 attempt\(s\) in the future/.test(stderr))
      const again = await stage.run(machine)
      stage.expect("it is named twice", !/in the future/.test(again.stderr))
      stage.expect("the job does not run any more", machine.running().join() === "bd-1")
    }
  }
]
