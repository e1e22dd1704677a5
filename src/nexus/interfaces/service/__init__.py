"""The one service layer: what every interface can ask for, without a word on how it is shown."""
