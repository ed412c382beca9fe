using System.CommandLine;

namespace ActorDcp.Host.Operate;

/// <summary>What a verb was asked.</summary>
/// <param name="Arguments">The command line.</param>
/// <param name="Group">The group.</param>
/// <param name="Path">Where the group's HTTP calls begin.</param>
internal sealed record MemberQuestion(ParseResult Arguments, string Group, string Path);
