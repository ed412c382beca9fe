using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ActorDcp.Host.CommandLine;
using Spectre.Console;

namespace ActorDcp.Host.Doctor;

/// <summary>What was found, as a table for people or as JSON for programs.</summary>
internal static class DoctorReport
{
    public static void WriteTable(ConnectionChoice where, Diagnosis diagnosis, TextWriter output)
    {
        var console = TableConsole.On(output);
        var table = new Table().Border(TableBorder.Simple);
        foreach (var name in (string[])["node", "check", "", "what was seen", "what to do"])
            table.AddColumn(name);
        var node = "";
        foreach (var finding in diagnosis.Findings)
        {
            table.AddRow(
                new Text(finding.Node == node ? "" : finding.Node), new Text(finding.Check),
                new Text(NameOf(finding.State), StyleOf(finding.State)), new Text(Seen(finding)), new Text(finding.Mend));
            node = finding.Node;
        }
        console.Write(table);
        console.MarkupLineInterpolated($"bucket [bold]{where.Bucket}[/] at {where.Address}: {Verdict(diagnosis)}");
    }

    public static string ToJson(ConnectionChoice where, Diagnosis diagnosis)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("connection", where.Address.ToString());
            json.WriteString("bucket", where.Bucket);
            json.WriteBoolean("well", !diagnosis.IsBroken);
            json.WriteNumber("broken", diagnosis.Count(FindingState.Broken));
            json.WriteNumber("warnings", diagnosis.Count(FindingState.Warning));
            json.WriteStartArray("checks");
            foreach (var finding in diagnosis.Findings)
                Write(json, finding);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("node", finding.Node);
        json.WriteString("check", finding.Check);
        json.WriteString("state", NameOf(finding.State));
        json.WriteString("seen", finding.Seen);
        if (finding.Mend.Length > 0)
            json.WriteString("mend", finding.Mend);
        if (finding.Value is { } value)
            json.WriteNumber("milliseconds", Math.Round(value, 3));
        json.WriteEndObject();
    }

    private static string Seen(Finding finding) => finding is { Value: { } value, Check: var check } && check.Contains("port", StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"{finding.Seen} in {value:0.0} ms")
        : finding.Seen;

    private static string Verdict(Diagnosis diagnosis) => (diagnosis.Count(FindingState.Broken), diagnosis.Count(FindingState.Warning)) switch
    {
        (0, 0) => "all well",
        (0, var warnings) => $"works, with {warnings} to look at",
        (var broken, _) => $"{broken} broken",
    };

    private static string NameOf(FindingState state) => state switch
    {
        FindingState.Ok => "ok",
        FindingState.Note => "note",
        FindingState.Warning => "warning",
        _ => "broken",
    };

    private static Style StyleOf(FindingState state) => new(state switch
    {
        FindingState.Ok => Color.Green,
        FindingState.Note => Color.Grey,
        FindingState.Warning => Color.Yellow,
        _ => Color.Red,
    });
}
