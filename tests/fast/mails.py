"""Reads every .eml file of a folder with Python's own mail parser and prints what it understood as JSON.

Usage: python3 tests/fast/mails.py FOLDER

The output is an object: the name of each file, and what is in it. Nothing here knows how Tenure writes mails.
"""

import email
import email.policy
import html.parser
import json
import pathlib
import sys


class Visible(html.parser.HTMLParser):
    """The text that a reader sees, and the tags and targets of the body."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text, self.tags, self.links, self.in_body, self.after_break = "", [], [], False, False

    def handle_starttag(self, tag, attrs):
        if self.in_body:
            self.tags.append(tag)
            self.links.extend(value for name, value in attrs if name == "href")
            if tag == "br":
                self.text += "\n"
        self.after_break = tag == "br"
        self.in_body = self.in_body or tag == "body"

    def handle_endtag(self, tag):
        self.in_body = self.in_body and tag != "body"

    def handle_data(self, data):
        if self.in_body:
            # The line end of the source after a break is white space.
            self.text += data.removeprefix("\n") if self.after_break else data
        self.after_break = False


def addresses(message, header):
    if message[header] is None:
        return []
    return [[address.display_name, address.addr_spec] for address in message[header].addresses]


def understand(data):
    message = email.message_from_bytes(data, policy=email.policy.default)
    parts = list(message.iter_parts())
    text, html_text = (part.get_content().replace("\r\n", "\n") for part in parts)
    visible = Visible()
    visible.feed(html_text)
    visible.close()
    defects = [message, *parts] + [message[name] for name in message.keys()]
    return {
        "headers": message.keys(),
        "defects": [str(defect) for holder in defects for defect in holder.defects],
        "from": addresses(message, "From"),
        "to": addresses(message, "To"),
        "cc": addresses(message, "Cc"),
        "subject": str(message["Subject"]),
        "messageId": str(message["Message-ID"]).strip(),
        "date": message["Date"].datetime.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "autoSubmitted": str(message["Auto-Submitted"]),
        "type": message.get_content_type(),
        "parts": [part.get_content_type() for part in parts],
        "charsets": [part.get_content_charset() for part in parts],
        "text": text,
        "visible": visible.text,
        "tags": visible.tags,
        "links": visible.links,
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    found = {path.name: understand(path.read_bytes()) for path in sorted(folder.glob("*.eml"))}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
