using System.Text.Json;
using ActorDcp.Host.CommandLine;
using Spectre.Console;

namespace ActorDcp.Host.Producer.Control;

/// <summary>An answer of the control API as a table for people: a row an object, a column a field.</summary>
internal static class ControlTable
{
    public static void Write(JsonElement answer, TextWriter output)
    {
        var console = TableConsole.On(output);
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
