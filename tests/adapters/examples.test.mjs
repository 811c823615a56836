/**
 * Every example app, with the real library in a real page and the real router behind it: the edge answers,
 * the device answers, an answer is stopped, a tool goes round, and a failure is told.
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { APPS, appForEachTest, browserForFile, doubtTheDevice, openApp, playLongAnswer, playWeather, shows, untilAbandoned, untilDeviceReady, untilSent } from "./apps.mjs";

/** What an answer says, less a draft that is shown beside it. @param {import("playwright-core").Locator} answer */
function withoutDraft(answer) {
  return answer.evaluate((element) => {
    const copy = /** @type {Element} */ (element.cloneNode(true));
    for (const draft of copy.querySelectorAll("del")) draft.remove();
    return (copy.textContent ?? "").trim();
  });
}

const shared = browserForFile();

for (const [name, ways] of APPS) {
  describe(name, () => {
    const stage = appForEachTest(name, shared);
    const open = (/** @type {import("../../www/types.js").Mode} */ mode) => openApp(stage, name, mode);

    test("the edge answers, and the next turn tells it what was said", async () => {
      const page = await open("edge-only");
      await ways.send(page, "What is 2 + 2?");
      await shows(ways.answer(page), stage.site.answer);
      await ways.by(page, "edge").waitFor();
      const said = stage.site.answer;
      stage.site.answer = "I said so.";
      await ways.send(page, "Really?");
      await shows(ways.answer(page), "I said so.");
      assert.deepEqual(await untilSent(page, stage.site, 2), [
        { role: "user", content: "What is 2 + 2?" },
        { role: "assistant", content: said },
        { role: "user", content: "Really?" },
      ]);
      assert.deepEqual(stage.errors, []);
    });

    test("the device answers, and no turn leaves the page", async () => {
      const page = await open("device-only");
      await untilDeviceReady(page);
      await ways.send(page, "What is 2 + 2?");
      await shows(ways.answer(page), "4");
      await ways.by(page, "device").waitFor();
      assert.equal(stage.site.count("/v1/"), 0);
      assert.deepEqual(stage.errors, []);
    });

    test("stop keeps what was written, closes the edge's connection, and the next turn works at once", async () => {
      playLongAnswer(stage.site);
      const page = await open("edge-only");
      await ways.send(page, "Count.");
      await shows(ways.answer(page), "word2");
      stage.site.answer = "All is well.";
      await ways.stop(page);
      const written = ways.answer(page);
      assert.match((await written.textContent()) ?? "", /word0 word1/);
      await ways.send(page, "And now?");
      await shows(ways.answer(page), "All is well.");
      await untilAbandoned(stage.site, page);
      assert.deepEqual(stage.errors, []);
    });

    test("a tool that the edge asks for runs in the page, and its word goes back", async () => {
      const asked = playWeather(stage.site);
      const page = await open("auto");
      await page.getByLabel("may look up the weather").check();
      await ways.send(page, "Weather in Ulm?");
      await shows(ways.answer(page), "In Ulm it is sunny, 21 °C.");
      const [first, second] = asked();
      assert.equal(first.tools[0].function.name, "weather");
      assert.deepEqual(first.tools[0].function.parameters.required, ["city"]);
      const [user, call, found] = second.messages;
      assert.equal(user.content, "Weather in Ulm?");
      assert.equal(call.tool_calls[0].function.arguments, '{"city":"Ulm"}');
      assert.deepEqual(JSON.parse(found.content), { city: "Ulm", sky: "sunny", celsius: 21 });
      assert.equal(found.tool_call_id, call.tool_calls[0].id);
      assert.deepEqual(stage.errors, []);
    });

    test("where the edge answers anew, the device's draft is no part of the answer or the dialogue", async () => {
      await doubtTheDevice(stage.site);
      const page = await open("auto");
      await untilDeviceReady(page);
      await ways.send(page, "What is 347 + 586?");
      await ways.by(page, "edge").waitFor();
      await shows(ways.answer(page), stage.site.answer);
      assert.ok((await withoutDraft(ways.answer(page))).startsWith(stage.site.answer));
      await ways.send(page, "Sure?");
      await shows(ways.answer(page), stage.site.answer);
      const messages = await untilSent(page, stage.site, 2);
      assert.deepEqual(messages[1], { role: "assistant", content: stage.site.answer });
      assert.deepEqual(stage.errors, []);
    });

    test("a failure is told in the router's own sentence", async () => {
      stage.site.edge = 401;
      const page = await open("edge-only");
      await ways.send(page, "What is 2 + 2?");
      await shows(ways.failure(page), "The edge refused access (HTTP 401)");
    });
  });
}
