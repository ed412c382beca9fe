using System.CommandLine;
using ActorDcp.Host.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.Host.Doctor;

/// <summary>Connects to a cluster and says what works, what does not, and what to do.</summary>
internal sealed class DoctorVerb : Verb
{
    private readonly ConnectionArguments _where = new("bucket to look at");
    private readonly Option<bool> _json = OptionOf.Flag("--json", "print one JSON object instead of a table");

    public DoctorVerb()
        : base(
            "doctor",
            "Connects to a cluster and says what works, what does not, and what to do. Exit code 0: all well; 1: something is broken.",
            "actordcp doctor --connection couchbases://db.example.com --ca ca.pem --user reader --password-file secret --bucket orders")
    {
        foreach (var option in _where.All)
            Options.Add(option);
        Options.Add(_json);
    }

    public override async Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals)
    {
        var where = _where.Read(arguments);
        // what connections log is what the table says
        var diagnosis = await new ClusterExamination(where, TimeProvider.System, NullLogger.Instance).RunAsync(signals.Stopping).ConfigureAwait(false);
        if (arguments.GetValue(_json))
            terminal.Fact(DoctorReport.ToJson(where, diagnosis));
        else
            DoctorReport.WriteTable(where, diagnosis, terminal.Output);
        return diagnosis.IsBroken ? ExitCode.Failed : ExitCode.Done;
    }
}
