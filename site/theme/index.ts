/** The theme of the web site: the default one, with pictures for light and dark. */
import theme from "vitepress/theme"
import "./style.css"

export default theme
