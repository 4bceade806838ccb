"""What the application carries, by typed key."""

from aiohttp import web

from bot.content.replies import Content
from bot.engine import Engine
from bot.text.detection import LanguageDetector

ENGINE: web.AppKey[Engine] = web.AppKey("engine", Engine)
CONTENT = web.AppKey("content", Content)
DETECTOR = web.AppKey("detector", LanguageDetector)
LEAVE_URL = web.AppKey("leave_url", str)
FRAME_ANCESTORS = web.AppKey("frame_ancestors", str)
