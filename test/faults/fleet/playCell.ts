import { SILENCE } from "../../../src/journal/Offers.ts"
import type { Server } from "../../postgres/server.ts"
import { runDispatcher, type Ended, type RunOptions, type Watching } from "../machine/dispatcher.ts"
import { isOfTick, type Cell, type Hurt } from "./cells.ts"
import { Fleet } from "./Fleet.ts"
import type { Host } from "./Host.ts"
import { brokenAtEnd, brokenNow, busyHosts, isDone, sharedNetworks, stateOf } from "./judge.ts"

export interface PlayedCell {
  readonly cell: Cell
  /** Empty when every rule holds. */
  readonly problems: ReadonlyArray<string>
  readonly log: string
}

/** After so many rounds all must be done. */
const MOST_ROUNDS = 6

/** After this time the tools that a killed dispatcher called have certainly ended. */
const PAUSE = 180_000
const HOUR = 3_600_000
/** Long enough that the next host begins a tick of its own. */
const NEXT_TICK = 300_000

/** One fault at one step of the first host, and what the fleet makes of it. */
class Play {
  readonly problems: Array<string> = []
  readonly log: Array<string> = []
  readonly #cell: Cell
  readonly #fleet: Fleet

  constructor(cell: Cell, fleet: Fleet) {
    this.#cell = cell
    this.#fleet = fleet
  }

  /** The time of a host's clock, if it is wrong. */
  #clockOf(host: Host): Pick<RunOptions, "jump"> {
    const { jump } = this.#cell.fault
    return host === this.#fleet.hosts[0] && jump !== undefined ? { jump } : {}
  }

  async #run(host: Host, options: RunOptions = {}, watching: Watching = {}): Promise<Ended> {
    const own = this.#cell.fault.ownNetworks === undefined ? {} : ({ ownNetwork: true } as const)
    const ended = await runDispatcher(host, { ...own, ...this.#clockOf(host), ...options }, watching)
    const command = (options.args ?? ["run"]).join(" ")
    this.log.push(`--- ${host.name}: ${command}: exit ${ended.code} ${ended.signal ?? ""}\n${ended.stderr}`)
    return ended
  }

  async #expectNow(when: string): Promise<void> {
    this.problems.push(...(await brokenNow(this.#fleet)).map((problem) => `${when}: ${problem}`))
  }

  /** A dispatcher of the host comes to the point, and the fault strikes. Gives how it ends, and what mends the fault. */
  async #strike(host: Host): Promise<readonly [ended: Promise<Ended>, mend: () => Promise<void>]> {
    const { fault, step, when } = this.#cell
    let hurt: Hurt = { fleet: this.#fleet, host, pid: 0 }
    let isStruck = false
    const struck = new Promise<void>((resolve, reject) => {
      host.wire.at({ step, when }, async () => {
        isStruck = true
        try {
          return await fault.strike(hurt)
        } catch (error) {
          reject(error)
          return "is lost"
        } finally {
          resolve()
        }
      })
    })
    const ended = this.#run(host, { process: true }, { onStart: (pid) => (hurt = { ...hurt, pid }) })
    const missed = ended.then(() => {
      if (!isStruck) this.problems.push("the dispatcher never came to the point")
    })
    await Promise.race([struck, missed])
    if (isStruck) await struck
    return [ended, async () => await fault.mend?.(hurt)]
  }

  /** Runs the hosts at the same time. */
  async #round(hosts: ReadonlyArray<Host>, options: RunOptions = {}): Promise<void> {
    await Promise.all(hosts.map((host) => this.#run(host, options)))
  }

  /** Goes on until all is done: the hosts that have an open attempt, or any one that takes what is left. */
  async #finish(able: ReadonlyArray<Host>): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS && !(await isDone(this.#fleet)); round++) {
      await this.#fleet.agentsEnd()
      await this.#fleet.timePasses(NEXT_TICK)
      const busy = await busyHosts(this.#fleet)
      const chosen = able.filter(({ name }) => busy.has(name))
      const some = chosen.length > 0 ? chosen : able.slice(round % able.length, (round % able.length) + 1)
      await this.#round(some, { later: PAUSE + round * HOUR })
      await this.#expectNow(`after round ${round + 1}`)
    }
  }

  async play(): Promise<void> {
    const [first, ...others] = this.#fleet.hosts
    if (first === undefined) return
    if (this.#cell.step === "Settled") {
      await this.#run(first)
      await this.#fleet.agentsEnd()
    }
    const [ended, mend] = await this.#strike(first)
    // Else the others would wait until a planner that says nothing may be replaced.
    if (isOfTick(this.#cell.step)) await this.#fleet.timePasses(SILENCE)
    const [second, third] = others
    // The third one in this process, which takes less of a processor.
    await Promise.all([second && this.#run(second, { process: true }), third && this.#run(third)])
    await this.#expectNow("while the host is hurt")
    await mend()
    const { stderr } = await ended
    const { says } = this.#cell.fault
    if (says?.test(stderr) === false) this.problems.push(`the dispatcher did not say ${says.source}`)
    await this.#expectNow("once the host is well again")
    const isAble = this.#cell.fault.evicts !== true
    await this.#finish(isAble ? this.#fleet.hosts : others)
    // It may have settled its attempt and not yet removed what belonged to it.
    if (isAble) await this.#run(first, { args: ["settle"], later: PAUSE + MOST_ROUNDS * HOUR })
    // Two hosts that planned one tick would each say so.
    const planned = this.log.join("\n").split("this host plans the tick").length - 1
    const [{ ticks } = { ticks: 0 }] = await this.#fleet.admin.query("SELECT count(*) AS ticks FROM ticks")
    if (planned > Number(ticks)) this.problems.push(`${ticks} ticks were planned ${planned} times`)
    if (this.#cell.fault.ownNetworks) this.problems.push(...sharedNetworks(this.#fleet))
    this.problems.push(...(await brokenAtEnd(this.#fleet)).map((problem) => `at the end: ${problem}`))
    if (this.problems.length > 0) this.log.push(await stateOf(this.#fleet))
  }
}

export const playCell = async (cell: Cell, server: Server): Promise<PlayedCell> => {
  const { answersWithin, ownNetworks: withoutNetwork } = cell.fault
  const fleet = await Fleet.make(server, { answersWithin, withoutNetwork })
  const play = new Play(cell, fleet)
  try {
    await play.play()
  } catch (error) {
    play.problems.push(String(error))
  }
  play.problems.push(...(await fleet.remove()))
  return { cell, problems: [...new Set(play.problems)], log: play.log.join("\n") }
}
