"""What a person does with the page, in a headless browser: it renders, steps, loops, filters and prints."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from kverify.report.html.scene import scene
from tests.page import documents
from tests.page.conftest import Opened

HOSTILE = "</script><img src=x onerror=alert(1)>"


def player(page: Page, number: int = 0) -> Any:
    found = page.locator(f"#finding-{number} .player")
    page.locator(f"#finding-{number}").scroll_into_view_if_needed()
    found.wait_for()
    return found


def drawn(page: Page, number: int = 0) -> list[str]:
    """The dots of a stage, as ``revision phase place number``."""
    dots = page.locator(f"#finding-{number} .pod:not(.leaving)")
    return sorted(dots.evaluate_all("dots => dots.map(dot => dot.dataset.pod)"))


def told(document: Any, number: int, index: int) -> list[str]:
    """The dots that there have to be after step ``index``, by the states of the JSON form."""
    trace = document["findings"][number]["verdict"]["trace"]
    state = [trace["start"], *(step["state"] for step in trace["steps"])][index]
    places = [place["name"] for place in trace["legend"]["places"]]
    revisions = [r for workload in trace["legend"]["workloads"] for r in workload["revisions"]]
    return sorted(
        f"{number} {pods['phase']} {places.index(pods['place']) if pods['place'] else -1} 1"
        for number, revision in enumerate(revisions)
        for pods in revision["pods"]
        for _ in range(state[pods["variable"]])
    )


@pytest.fixture(scope="module")
def shop() -> Any:
    return documents.golden("shop")


def test_a_run_is_stepped_forward_and_back_by_buttons(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    shown = player(page)
    count = shown.locator("output")
    assert drawn(page) == told(shop, 0, 0)
    shown.get_by_role("button", name="One step forward").click()
    expect(count).to_have_text("step 1 of 2")
    shown.get_by_role("button", name="One step forward").click()
    assert drawn(page) == told(shop, 0, 2)
    assert drawn(page) != told(shop, 0, 1)
    expect(shown.locator(".said")).to_contain_text("ReplicaSet frontend (new) creates a pod")
    expect(shown.get_by_role("button", name="One step forward")).to_be_disabled()
    shown.get_by_role("button", name="One step back").click()
    assert drawn(page) == told(shop, 0, 1)
    shown.get_by_role("button", name="To the end").click()
    expect(count).to_have_text("step 2 of 2")
    shown.get_by_role("button", name="To the start").click()
    assert drawn(page) == told(shop, 0, 0)
    expect(count).to_have_text("start")


def test_keys_step_while_the_player_has_the_focus(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    shown = player(page, 1)
    count = shown.locator("output")
    page.keyboard.press("ArrowRight")
    expect(count).to_have_text("start")
    shown.focus()
    for key, text in (
        ("ArrowRight", "step 1 of 4"),
        ("End", "step 4 of 4"),
        ("ArrowLeft", "step 3 of 4"),
        ("Home", "start"),
    ):
        page.keyboard.press(key)
        expect(count).to_have_text(text)
    for index in range(1, 5):
        page.keyboard.press("ArrowRight")
        assert drawn(page, 1) == told(shop, 1, index)


def test_the_slider_and_the_list_of_steps_lead_to_a_step(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    shown = player(page, 1)
    shown.get_by_role("slider").fill("3")
    expect(shown.locator("output")).to_have_text("step 3 of 4")
    steps = page.locator("#finding-1 .steps > li")
    expect(steps.nth(2)).to_have_attribute("aria-current", "step")
    steps.nth(0).get_by_role("button").click()
    expect(shown.locator("output")).to_have_text("step 1 of 4")
    expect(steps.nth(2)).not_to_have_attribute("aria-current", "step")
    assert drawn(page, 1) == told(shop, 1, 1)


def test_playing_goes_to_the_end_and_stops(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    page.clock.install()
    shown = player(page)
    shown.focus()
    page.keyboard.press("Space")
    expect(shown.get_by_role("button", name="Pause")).to_be_visible()
    page.clock.run_for(10_000)
    expect(shown.locator("output")).to_have_text("step 2 of 2")
    expect(shown.get_by_role("button", name="Play")).to_be_visible()


def test_a_lasso_goes_round(opened: Opened) -> None:
    document = documents.lasso()
    trace = document["findings"][0]["verdict"]["trace"]
    assert trace["loop"] is not None
    last, begin = len(trace["steps"]), trace["loop"]
    page = opened(document)
    shown = player(page)
    shown.get_by_role("button", name="To the end").click()
    assert drawn(page) == told(document, 0, last) == told(document, 0, begin)
    shown.get_by_role("button", name="One step forward").click()
    expect(shown.locator("output")).to_have_text(f"step {begin + 1} of {last}, round 2")
    assert drawn(page) == told(document, 0, begin + 1)
    assert shown.locator(".arc").count() == 1
    expect(page.locator("#finding-0 .loop")).to_contain_text("repeats for ever")


def test_a_node_that_refuses_is_marked_at_the_end(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    shown = player(page)
    refusing = shown.locator(".refusing")
    assert refusing.count() == 0
    shown.get_by_role("button", name="To the end").click()
    assert refusing.count() == len(shop["findings"][0]["refusals"]) == 4
    expect(refusing.first).to_contain_text("takes no pending pod")


def test_many_nodes_are_small_and_what_is_not_drawn_is_said(opened: Opened, shop: Any) -> None:
    document = documents.crowded(shop, 100)
    page = opened(document)
    shown = player(page)
    boxes, rest = shown.locator(".stage .box"), shown.locator(".stage text").last
    drawn_nodes = boxes.count()
    assert 24 < drawn_nodes < 100
    expect(rest).to_have_text(f"{100 - drawn_nodes} more nodes with 0 pods, not drawn")
    assert shown.locator(".stage").bounding_box()["height"] < 1000
    assert drawn(page) == told(document, 0, 0)


def test_nodes_that_are_not_told_apart_say_so(opened: Opened) -> None:
    page = opened(documents.drain())
    expect(player(page).locator(".several")).to_contain_text("any other node")
    expect(player(page).locator(".several")).to_contain_text("nodes are not told apart")
    expect(player(page).locator(".closed")).to_contain_text("cordoned")


def test_pods_move_between_states_and_none_is_left_behind(opened: Opened, shop: Any) -> None:
    page = opened(shop, still=False)
    shown = player(page, 1)
    shown.get_by_role("button", name="To the end").click()
    page.wait_for_function("() => !document.querySelector('.leaving')")
    assert drawn(page, 1) == told(shop, 1, 4)
    places = page.locator("#finding-1 .pod").evaluate_all("dots => dots.map(dot => dot.style.transform)")
    assert len(set(places)) == len(places)


def test_what_the_stage_shows_is_told_in_words(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    shown = player(page, 1)
    picture = shown.locator(".stage svg").first
    others = "worker-2: 1 pod of frontend available; worker-3: 1 pod of frontend available"
    begin = f"worker-1: 1 pod of frontend available; {others}; worker-1 is silent"
    expect(picture).to_have_attribute("aria-label", begin)
    shown.get_by_role("button", name="To the end").click()
    end = f"without a node: 1 pod of frontend pending; {others}; worker-1 is removed"
    expect(picture).to_have_attribute("aria-label", end)


def test_curves_say_the_numbers_of_the_step_and_what_is_promised(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    shown = player(page)
    shown.get_by_role("button", name="To the end").click()
    model = scene(shop["findings"][0])
    assert model is not None
    values = shown.locator(".values")
    for name in ("wanted", "existing", "ready", "available"):
        expect(values).to_contain_text(f"{name} {model['curves'][0][name][-1]}")
    expect(values).to_contain_text("at least 3 available = 3 replicas − maxUnavailable 0")
    shown.get_by_role("radio", name="frontend (new)").check()
    expect(values).to_contain_text("existing 1")
    expect(values).not_to_contain_text("at least")


def test_less_than_promised_is_marked(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    assert player(page, 2).locator(".broken").count() == 1
    expect(player(page, 2).locator(".below")).to_have_text("answering 0, below the promise")
    assert player(page).locator(".broken").count() == 0


def test_search_and_filters_hide_what_does_not_match(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    findings = page.locator("#findings details.finding")
    page.get_by_label("Search").fill("catalog")
    expect(findings.filter(visible=True)).to_have_count(1)
    page.get_by_label("Search").fill("")
    page.get_by_label("Show").select_option("error")
    expect(findings.filter(visible=True)).to_have_count(1)
    expect(page.locator("#verdicts details.verdict").filter(visible=True)).to_have_count(0)
    page.get_by_label("Show").select_option("holds")
    expect(findings.filter(visible=True)).to_have_count(0)
    expect(page.locator("#matches")).to_contain_text("shown")
    page.get_by_label("Show").select_option("")
    expect(findings.filter(visible=True)).to_have_count(3)


def test_a_cell_of_the_table_leads_to_its_verdict(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    row = page.locator(".matrix tbody tr").filter(has_text="Deployment shop/cart")
    verdict = page.locator(f"[id='{(row.locator('a').nth(2).get_attribute('href') or '')[1:]}']")
    assert verdict.get_attribute("open") is None
    row.locator("a").nth(2).click()
    expect(verdict).to_have_attribute("open", "")
    expect(verdict).to_be_in_viewport()
    expect(verdict).to_contain_text("Deployment shop/cart")


def test_all_is_there_without_scripts(opened: Opened, shop: Any) -> None:
    page = opened(shop, scripts=False)
    assert page.locator(".player").count() == 0
    expect(page.locator("#filters")).to_be_hidden()
    for finding in shop["findings"]:
        for says in finding["steps"]:
            expect(page.locator("#findings").get_by_text(says, exact=True).first).to_be_visible()
    expect(page.locator("#findings mark").first).to_be_visible()
    summary = page.locator("#verdicts summary").first
    summary.click()
    expect(page.locator("#verdicts details[open] .body").first).to_be_visible()


def test_dark_is_dark(opened: Opened, shop: Any) -> None:
    grounds = [
        opened(shop, scheme=scheme).evaluate("() => getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    light, dark = (sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(","))) for ground in grounds)
    assert light > 600
    assert dark < 150


def test_paper_has_everything_open_and_no_controls(opened: Opened, shop: Any) -> None:
    page = opened(shop, scheme="dark")
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open], .numbers)").count() == 0
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator(".controls").first).to_be_hidden()
    assert drawn(page) == told(shop, 0, 2)
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4")[:5] == b"%PDF-"


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_wider_than_the_window(opened: Opened, shop: Any, width: int) -> None:
    page = opened(shop, width=width)
    player(page)
    page.locator("#verdicts summary").first.click()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_texts_of_manifests_stay_texts(opened: Opened, shop: Any) -> None:
    document = documents.replaced(shop, "frontend", f"front{HOSTILE}end")
    page = opened(document)
    shown = player(page)
    shown.get_by_role("button", name="To the end").click()
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    expect(page.locator("#finding-0 h3")).to_contain_text(HOSTILE)
    expect(shown.locator(".said")).to_contain_text(HOSTILE)
    assert drawn(page) == told(document, 0, 2)


def test_the_policy_of_the_page_stops_what_would_be_put_into_it(browser: Any, tmp_path: Any, shop: Any) -> None:
    from kverify.report.html import page as rendered

    file = tmp_path / "report.html"
    file.write_text(
        rendered(shop).replace("</body>", "<script>window.ran = 1</script><img src='http://127.0.0.1:9/x'></body>")
    )
    context = browser.new_context(offline=True)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(file.as_uri())
    assert page.evaluate("() => window.ran") is None
    assert len([text for text in refused if "Content Security Policy" in text]) == 2
    context.close()


def test_every_control_has_a_name_and_is_reached_in_order(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    player(page)
    nameless = page.locator("button, input, select, a, summary, [tabindex='0']").evaluate_all(
        """all => all.filter(e => !e.getAttribute('aria-label') && !e.textContent.trim() && !e.labels?.length)
                     .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    assert page.locator("[tabindex]").evaluate_all(
        "all => all.every(e => ['0', '-1'].includes(e.getAttribute('tabindex')))"
    )
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "Skip to the findings"
    tops = []
    for _ in itertools.repeat(None, 12):
        page.keyboard.press("Tab")
        tops.append(
            page.evaluate("() => document.activeElement.compareDocumentPosition(document.querySelector('footer'))")
        )
    assert all(position & 4 for position in tops)


def test_landmarks_headings_and_pictures_are_what_a_screen_reader_needs(opened: Opened, shop: Any) -> None:
    page = opened(shop)
    player(page)
    for landmark in ("banner", "navigation", "main", "contentinfo", "search"):
        assert page.get_by_role(landmark).count() == 1, landmark
    levels = page.locator("h1, h2, h3, h4, h5").evaluate_all("all => all.map(e => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    pictures = page.locator("svg:not([aria-hidden='true'])").evaluate_all(
        "all => all.filter(e => e.getAttribute('role') !== 'img' || !e.getAttribute('aria-label'))"
    )
    assert pictures == []
    ids = page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
    assert len(set(ids)) == len(ids)
    assert page.locator(".said[aria-live='polite']").count() >= 1
