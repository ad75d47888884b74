import { EXIT } from "../../../src/domain/exits.ts"
import type { Server } from "../../postgres/server.ts"
import { runDispatcher, type Ended, type RunOptions } from "../machine/dispatcher.ts"
import { isAlive } from "../machine/processes.ts"
import { logOf, placeOf, STARTS_WATCHER, WATCHED } from "../machine/watchers.ts"
import { kill, until } from "../machine/WorldMachine.ts"
import { BEYOND_FENCE } from "./faults.ts"
import { Fleet } from "./Fleet.ts"
import type { Host } from "./Host.ts"
import { brokenAtEnd, isDone, stateOf } from "./judge.ts"

const HOUR = 3_600_000

/** A watcher that looks every three seconds. */
const { FAKE_WATCHER_SPEED, NODE_OPTIONS } = WATCHED

class Play {
  readonly problems: Array<string> = []
  readonly log: Array<string> = []
  readonly #fleet: Fleet

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  #expect(what: string, holds: boolean): void {
    if (!holds) this.problems.push(what)
  }

  async #run(host: Host, options: RunOptions = {}, code = 0): Promise<Ended> {
    const ended = await runDispatcher(host, options)
    this.log.push(`--- ${host.name}: ${(options.args ?? ["run"]).join(" ")}: exit ${ended.code}\n${ended.stderr}`)
    this.#expect(`${host.name} ended with ${ended.code}, expected ${code}`, ended.code === code)
    return ended
  }

  /**
   * A host is evicted while its watcher is frozen and its job works. Another host begins its bug: two jobs work on it, which
   * an eviction cannot prevent. When the watcher wakes, it ends the job of its host, and the other one goes on.
   */
  async play(): Promise<void> {
    const fleet = this.#fleet
    const [first, second] = fleet.hosts
    if (first === undefined || second === undefined) return
    Object.assign(first.env, { FAKE_WATCHER_SPEED, NODE_OPTIONS })
    await this.#run(first, { env: STARTS_WATCHER })
    const [id = ""] = fleet.running()
    this.#expect("no watcher has its place", await until(() => isAlive(placeOf(first))))
    const watcher = placeOf(first)
    kill(watcher, "SIGSTOP")
    try {
      first.isGone = true
      await this.#run(second, { args: ["hosts", "evict", first.name, "--reason", "it hangs"] })
      await fleet.timePasses(BEYOND_FENCE)
      // It reports that the job of the first host is lost.
      await this.#run(second, {}, EXIT.failed)
      const jobs = () => fleet.running().filter((running) => running === id).length
      this.#expect(`${id} has ${jobs()} jobs, expected 2`, jobs() === 2)
      kill(watcher, "SIGCONT")
      this.#expect("its watcher has not ended its job", await until(() => first.agents().length === 0))
      this.#expect("its watcher has not ended", await until(() => !isAlive(watcher)))
      this.#expect(`${id} has ${jobs()} jobs, expected 1`, jobs() === 1)
    } finally {
      kill(watcher)
      this.log.push(`--- watch.log\n${logOf(first)}`)
    }
    for (let round = 1; round <= 2 && !(await isDone(fleet)); round++) {
      await fleet.agentsEnd()
      await fleet.timePasses(BEYOND_FENCE)
      await this.#run(second, { later: round * HOUR })
    }
    const expected = `an agent began at ${id} while another one was at work`
    const broken = await brokenAtEnd(fleet)
    this.#expect("the two jobs never worked at the same time", broken.includes(expected))
    this.problems.push(...broken.filter((problem) => problem !== expected))
    if (this.problems.length > 0) this.log.push(await stateOf(fleet))
  }
}

/** Plays it; gives what was wrong, and the log of all dispatchers. */
export const playFrozenWatcher = async (server: Server): Promise<Pick<Play, "problems" | "log">> => {
  const fleet = await Fleet.make(server)
  const play = new Play(fleet)
  try {
    await play.play()
  } catch (error) {
    play.problems.push(String(error))
  }
  play.problems.push(...(await fleet.remove()))
  return play
}
