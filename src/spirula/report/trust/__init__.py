"""The report's answer to: how far can a single answer be trusted?"""
