import { Effect } from "effect"
import { hostsMeant, shortMark, shownName, type Host } from "../domain/Host.ts"
import { agoText } from "./rendering/hosts.ts"
import { NotDone } from "./exit.ts"

/** The one host that a person means by its name or the beginning of its mark. Fails if there is none, or more than one. */
export const hostMeant = (hosts: ReadonlyArray<Host>, text: string): Effect.Effect<Host, NotDone> => {
  const [found, ...others] = hostsMeant(hosts, text)
  if (found === undefined) {
    const names = hosts.map((host) => shownName(hosts, host)).join(", ")
    return new NotDone({
      where: text,
      what: `no host has this name or mark. Hosts: ${names === "" ? "none yet" : names}`
    })
  }
  if (others.length === 0) return Effect.succeed(found)
  const marks = [found, ...others].map(({ mark, seenAgo }) => `${shortMark(mark)} (seen ${agoText(seenAgo)})`)
  return new NotDone({
    where: text,
    what: `${marks.length} hosts have this name: ${marks.join(", ")}`,
    next: "Name one by the beginning of its mark"
  })
}
