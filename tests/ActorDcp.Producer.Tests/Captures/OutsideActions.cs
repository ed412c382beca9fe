using System.Globalization;

namespace ActorDcp.Producer.Tests.Captures;

/// <summary>
/// The lines of <c>outside-actions.txt</c>: what others did to a recorded node, as the first line of its capture tells, each with the
/// line before which it was done.
/// </summary>
internal static class OutsideActions
{
    private const int FirstEventLine = 2;

    private static readonly ILookup<string, OutsideAction> ByCapture = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "outside-actions.txt"))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .Where(parts => parts.Length == 3)
        .ToLookup(parts => parts[0], parts => Read(parts[1], parts[2]));

    /// <summary>Those of a capture, in order.</summary>
    public static IReadOnlyList<OutsideAction> Of(string capture) => [.. ByCapture[capture]];

    /// <summary>How many nodes the recorded cluster had.</summary>
    public static int NodesOf(string capture) =>
        ByCapture[capture].Select(action => action.Words is [var count, "nodes"] ? int.Parse(count, CultureInfo.InvariantCulture) : 1).DefaultIfEmpty(1).Max();

    /// <summary>Index of the node that a recorded connection went to.</summary>
    public static int NodeOf(string capture, int connection)
    {
        var number = connection.ToString(CultureInfo.InvariantCulture);
        foreach (var action in ByCapture[capture])
            if (action.Words is ["connections", .. var connections, "at", "node", var node] && connections.Contains(number))
                return int.Parse(node, CultureInfo.InvariantCulture) - 1;
        return 0;
    }

    private static OutsideAction Read(string line, string what) =>
        new(int.Parse(line, CultureInfo.InvariantCulture) - FirstEventLine, what, what.Split(' '));
}
