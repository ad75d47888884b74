import { Either, Encoding } from "effect"

/** A part of an address as it was before it was encoded. */
export const decoded = (part: string): string => Either.getOrElse(Encoding.decodeUriComponent(part), () => part)

/** The name and the password in an address, as `Authorization` has them; `undefined` if there are none. */
export const loginOf = ({ password, username }: URL): string | undefined =>
  username === "" && password === "" ? undefined : Encoding.encodeBase64(`${decoded(username)}:${decoded(password)}`)

/** The address without name and password: `fetch` refuses one with them. */
export const withoutLogin = (address: URL): URL => {
  const place = new URL(address)
  place.username = ""
  place.password = ""
  return place
}
