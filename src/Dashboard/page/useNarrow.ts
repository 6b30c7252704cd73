import { useEffect, useState } from "preact/hooks"

/** Given by the style sheet: below this width, the layout has one column. */
const narrow = matchMedia("(max-width: 700px)")

/** `true` while the page is as narrow as a phone. */
export const useNarrow = (): boolean => {
  const [is, set] = useState(narrow.matches)
  useEffect(() => {
    const change = () => set(narrow.matches)
    narrow.addEventListener("change", change)
    return () => narrow.removeEventListener("change", change)
  }, [])
  return is
}
