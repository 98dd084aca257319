"""The debates of a transcript whose final answer is wrong, as the labeller is shown them."""

from pathlib import Path

from slmmux.benchmarks.question_list import read_questions
from slmmux.config import Config
from slmmux.discussion.grade_transcripts import grade_transcript, plurality
from slmmux.discussion.label_groupthink import FailedDebate
from slmmux.discussion.run_protocol import asked_questions


def failed_debates(config: Config, benchmark: str, turns: list[dict], questions_file: Path) -> list[FailedDebate]:
    """Those where the right answer is not the plurality of the final answers for sure, in the transcript's order."""
    listed = read_questions(questions_file)
    grades = grade_transcript(config, benchmark, turns, listed)
    questions = {question.question_id: question for question in asked_questions(config, benchmark, questions_file)}
    found = []
    for question_id in dict.fromkeys(turn["question_id"] for turn in turns):
        own = [(turn, grade) for turn, grade in zip(turns, grades) if turn["question_id"] == question_id]
        correct, _ = plurality([grade for turn, grade in own if turn["final"] and grade])
        if correct == 1:
            continue
        rounds = sorted({turn["round"] for turn, _ in own})
        said = [[(turn["model"], turn["response"]) for turn, _ in own if turn["round"] == number] for number in rounds]
        found.append(FailedDebate(questions[question_id], listed[question_id]["reference"], said))
    return found
