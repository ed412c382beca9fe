using System.Text.Json;
using Spectre.Console;

namespace ActorDcp.Host.Producer.Control;

/// <summary>An answer of the control API as a table for people: a row an object, a column a field.</summary>
internal static class ControlTable
{
    /// <summary>Width of tables that go into a pipe, where no terminal tells one.</summary>
    private const int PipeWidth = 160;

    public static void Write(JsonElement answer, TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (Console.IsOutputRedirected)
            console.Profile.Width = PipeWidth;
        var rows = answer.ValueKind == JsonValueKind.Array ? answer.EnumerateArray().ToList() : [answer];
        var columns = rows.SelectMany(row => row.EnumerateObject()).Select(field => field.Name).Distinct().ToList();
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
            table.AddColumn(column);
        foreach (var row in rows)
            table.AddRow([.. columns.Select(column => new Text(row.TryGetProperty(column, out var value) ? Cell(value) : "-"))]);
        console.Write(table);
    }

    private static string Cell(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => string.Join(", ", value.EnumerateObject().Where(field => IsSet(field.Value)).Select(field => $"{field.Name} {field.Value}")) is { Length: > 0 } set ? set : "none",
        JsonValueKind.Array => value.GetArrayLength() == 0 ? "-" : string.Join(",", value.EnumerateArray()),
        JsonValueKind.Null => "-",
        _ => value.ToString(),
    };

    private static bool IsSet(JsonElement value) =>
        value.ValueKind is not (JsonValueKind.False or JsonValueKind.Null) && !(value.ValueKind == JsonValueKind.Number && value.GetDouble() == 0);
}
