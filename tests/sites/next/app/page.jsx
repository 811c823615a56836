import { Chat } from "./chat.jsx";

export default function Page() {
  return <Chat manifest="/sub/models/manifest.json" />;
}
